"""Workbooks: calamine reads their cells, `survey` what it does not tell."""

from catalogue.spreadsheets.workbooks.reading import read_archive, read_old_workbook

__all__ = ["read_archive", "read_old_workbook"]

"""Workbooks: calamine reads their cells, `survey` what it does not tell."""

from catalogue.spreadsheets.workbooks.reading import MOST_BYTES, read_archive, read_old_workbook

__all__ = ["MOST_BYTES", "read_archive", "read_old_workbook"]

"""Why did this pair not match? All that an offer and a need break, judged as they are in this moment.

`judging` asks the engine and the rows; pages, the API and `manage.py why_not` show it.
"""

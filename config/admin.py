"""What other people's apps bring to the administration and this product does not want there."""

from allauth.account.models import EmailAddress
from django.contrib import admin

# A list of everybody's address. Whose it is stands on their own page, where looking is noted.
admin.site.unregister(EmailAddress)

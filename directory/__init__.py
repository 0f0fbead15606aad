"""The directory: which association or city service answers which need, in which language, when and where."""

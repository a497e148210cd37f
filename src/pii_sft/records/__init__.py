"""The folders and files of data sets, runs and predictions."""

"""The edge: nginx authenticates, authorises and routes; an agent beside it keeps its tables."""

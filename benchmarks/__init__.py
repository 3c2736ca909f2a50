"""Every performance figure that the documents claim, measured beside its peers: `script/bench`."""

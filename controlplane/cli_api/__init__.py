"""The RPC that the stock `restate` CLI speaks (`/cloud/...`), in every version's dialect."""

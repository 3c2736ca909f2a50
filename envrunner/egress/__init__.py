"""What engines may connect to, held by the kernel: rules of nftables by the account that each engine runs as.

Registered addresses are judged by the control plane. Where a name leads when it is called, what a broker announces and
what nobody thought of is judged here, packet by packet, whoever asked for it.
"""

"""The node's identity in AWS, and what of it engines get: a session that only their own environment's roles let in.

The node's credentials stay in this process. It assumes the role that customers trust once for each engine, with a
session policy that permits nothing but assuming roles with that environment's id as external id, for one hour.
"""

"""Changing the key an environment's engine signs its calls with, while every service goes on accepting them."""

"""Clients that ask at once: is there an order in which the model would have given all their answers (`namesrv linearize`)?"""

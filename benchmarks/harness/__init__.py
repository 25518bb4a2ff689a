"""Decides what is measured when, and writes down what came out.

Runs in the developer's environment. Knows no system from the inside: each is a
program that reads a job and answers with figures (`benchmarks.systems.job`).
"""

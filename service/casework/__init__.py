"""Requests and the steps that people take on them, whatever they are about; what they are about is each feature's."""

"""Helpers of the training script; they travel with it because they are in its folder."""

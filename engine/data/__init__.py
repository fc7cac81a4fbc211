"""Measured data: readers, selection of angles and frames, masks, noise, tiles."""

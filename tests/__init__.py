"""Tests of Gatebook."""

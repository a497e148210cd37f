"""Data sets: conversion, splits, balance, augmentation, synthetic documents and audits."""

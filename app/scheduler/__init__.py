"""When things happen: the clock and who may wind it. What happens is the jobs' business."""

"""The graphs of Pose2Mesh: a mesh made coarser level by level, and the joints of a 2D pose. numpy and SciPy alone."""

"""Training Pose2Mesh as its paper does: on projections of synthetic bodies, and on sets annotated with SMPL."""

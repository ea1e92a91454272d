"""Training I2L-MeshNet as its paper does: first its lixels, then the pose and shape that follow from them."""

"""Training HMR as its paper does (Kanazawa 2018): reprojection, what is known in 3D, and a prior of discriminators."""

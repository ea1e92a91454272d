"""HMR in torch (Kanazawa 2018): `original` is the authors' TensorFlow graph, `spin` the form that SPIN gave it."""

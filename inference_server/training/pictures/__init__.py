"""People in pictures with what is known of them, to train on: `sources` reads them, `augment` changes them."""

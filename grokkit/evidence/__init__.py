"""From records to verdicts and back: what the rules find, which runs are missing, and in which order to train them."""

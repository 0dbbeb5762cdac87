//! Text: corpora, tokens, subwords, numbers, batches.

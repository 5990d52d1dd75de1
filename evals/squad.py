"""SQuAD-format data -> a library and figures."""

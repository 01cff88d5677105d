"""What is said of a person in a picture: words, phrases, sentences, slips."""

"""Records what gensim answers on GloVe's vectors of 400,000 words, 50 numbers each.

    python tests/golden/glove/record.py glove.6B.50d.txt questions-words.txt > tests/golden/glove/answers.json

Needs gensim 4.4. `cargo rungs fetch glove` and `cargo rungs fetch questions-words` get the two files.
"""

import json
import sys

import gensim
from gensim.models import KeyedVectors

NEIGHBOURS = ["cat", "apple", "happy", "bank", "king", "run", "france", "swim"]
ANALOGIES = [["man", "king", "woman"], ["france", "paris", "japan"], ["walk", "walked", "swim"]]
WORDS = 30_000  # as word2vec's own script counts

vectors, questions = sys.argv[1:]
space = KeyedVectors.load_word2vec_format(vectors, binary=False, no_header=True)


_, sections = space.evaluate_word_analogies(questions, restrict_vocab=WORDS, case_insensitive=True)
right_and_covered = {
    section["section"]: [len(section["correct"]), len(section["correct"]) + len(section["incorrect"])]
    for section in sections
}

answers = {
    "versions": {"gensim": gensim.__version__},
    "neighbours": {word: space.most_similar(word, topn=5) for word in NEIGHBOURS},
    "analogies": [
        {"question": [a, b, c], "answers": space.most_similar(positive=[b, c], negative=[a], topn=5)}
        for a, b, c in ANALOGIES
    ],
    "right_and_covered": right_and_covered,
}
json.dump(answers, sys.stdout, indent=1)
print()

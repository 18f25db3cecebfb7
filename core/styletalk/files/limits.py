# SPDX-License-Identifier: Apache-2.0
"""How much a file may hold. Whatever its header says, beyond this nothing is computed or allocated.

Shell and worker are meant to do with a gigabyte. What is unpacked is held twice while it is converted.
How long a sound and its rows may be is said in `timeline`.
"""

MAX_FILE_BYTES = 1 << 28
"""Of arrays, tables and safetensors on disk. An hour of a published clip in double precision has 222 MB, packed or not.
"""
MAX_UNPACKED_BYTES = 1 << 28
"""Of all arrays of a file in memory. The longest animation has 70 MB, a generator or renderer of the published size 86.
"""
MAX_FACE_MODEL_BYTES = 1 << 30
"""Of a face model that another program wrote: 01_MorphableModel.mat has about 260 MB of numbers."""
MAX_WEIGHTS_BYTES = 1 << 32
"""Of what PyTorch has written, and of its tensors: published ones with their optimisers have more than a gigabyte."""
MAX_TEXT_BYTES = 1 << 24
"""Of text and JSON: two hours of an alignment with words have about 6 MB."""
MAX_NESTING = 50
"""Of JSON. Ours nests four deep; Python's readers and writers stop at about a thousand."""
MAX_WHOLE_NUMBER = (1 << 63) - 1
"""In JSON: it fits into 64 bits."""
MAX_DIGITS = len(str(-MAX_WHOLE_NUMBER))
MAX_ARRAY_HEADER_BYTES = 4096
"""Of a .npy. NumPy writes 118 for plain numbers."""
MAX_DIMENSIONS = 8
MAX_DIRECTORY_BYTES = 1 << 22
"""Of the list of contents of a zip archive: tens of thousands of entries."""
MAX_TABLES = 1000
"""Variables of a .mat; Deep3DFaceRecon writes seven."""
MAX_TENSORS = 10_000
"""Of safetensors. A renderer of the published size has about 300."""
MAX_NAME = 1000
"""Characters of a name in a checkpoint."""
MAX_PIXELS = 50_000_000
"""Of a photo: what telephones take. As floating-point numbers it has 600 MB."""
MAX_LABELS = 200_000
"""Of an alignment: lines, intervals, or brackets of JSON. Two hours of phonemes and words are 150,000."""
MAX_WORDS = 40_000
"""With times. In two hours of fast speech 28,000 are said."""
MAX_DIFFERENT_TEXTS = 12_000
"""Of these words or lines, as they are written."""
MAX_TIERS = 1000
MAX_SUBTITLES = 15_000
"""Two hours have 5,000 lines at most, where each is shown long enough to be read."""
MAX_XML_PARTS = 1_000_000
"""Elements and attributes of an XML text. Two hours of ELAN's words and phonemes have about 900,000."""

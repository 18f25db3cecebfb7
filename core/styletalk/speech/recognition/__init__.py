# SPDX-License-Identifier: Apache-2.0
"""What is said, where nobody has written it down: words, or free phones."""

# SPDX-License-Identifier: Apache-2.0
"""Makes the tables of naming conventions that the product reads."""

# SPDX-License-Identifier: Apache-2.0
"""What the generator is trained for, one module each (paper, section 3, "Objective functions")."""

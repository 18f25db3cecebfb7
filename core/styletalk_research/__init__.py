# SPDX-License-Identifier: Apache-2.0
"""Training, evaluation and benchmarks of StyleTalk. In the wheel, never in the add-on."""

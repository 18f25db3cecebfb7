# SPDX-License-Identifier: Apache-2.0
"""Studies that train and judge in one go: cross-validation, the paper's ablation, teachers left one clip out."""

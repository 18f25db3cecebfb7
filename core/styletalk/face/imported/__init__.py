# SPDX-License-Identifier: Apache-2.0
"""Face models that others made, turned into ours: the Basel Face Model 2009 and ICT-FaceKit, from the user's files."""

# SPDX-License-Identifier: Apache-2.0
"""The photoreal renderer's networks (PIRenderer: Ren et al., ICCV 2021, section 3), with the published names.

`config` and `checkpoint` load without torch, the modules need it. Nothing is imported here.
"""

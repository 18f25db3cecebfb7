# SPDX-License-Identifier: Apache-2.0
"""`styletalk import-bfm` and `styletalk import-ict`"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .console import Console
from .options import Commands, new_command

if TYPE_CHECKING:
    from ..face.model import FaceModel


def add(commands: Commands) -> None:
    bfm = new_command(commands, "import-bfm", "your Basel Face Model 2009 becomes a face model file for Blender")
    bfm.add_argument(
        "files", type=Path, nargs="+", metavar="FOLDER|FILE",
        help="BFM_model_front.mat, or 01_MorphableModel.mat, Exp_Pca.bin, std_exp.txt and BFM_exp_idx.mat",
    )  # fmt: skip
    bfm.set_defaults(run=run_bfm)
    ict = new_command(commands, "import-ict", "ICT-FaceKit's OBJ files become a face model file for Blender")
    ict.add_argument("folder", type=Path, metavar="FOLDER", help="ICT-FaceKit's folder FaceXModel")
    ict.set_defaults(run=run_ict)
    for parser in (bfm, ict):
        parser.add_argument("-o", "--output", type=Path, required=True, metavar="FACE.npz", help="file to write")


def run_bfm(options: argparse.Namespace, console: Console) -> None:
    from ..face.imported.bfm import import_bfm
    from ..files.writing import check_not_read

    _check(options.output)
    check_not_read(options.output, options.files)
    _save(import_bfm(options.files), options.output, console)


def run_ict(options: argparse.Namespace, console: Console) -> None:
    from ..face.imported.ict import import_ict

    _check(options.output)
    with console.progress() as progress:
        model = import_ict(options.folder, progress)
    _save(model, options.output, console)


def _check(output: Path) -> None:
    """Before seconds of work. Raises OutputError."""
    from ..files.writing import check_ending, check_writable

    check_ending(output, ".npz")
    check_writable(output)


def _save(model: "FaceModel", output: Path, console: Console) -> None:
    model.save(output)
    where = "In Blender: Add > Mesh > Talking Face from File."
    console.done(
        f"Wrote {output}: {model.name}, {model.vertex_count:,} vertices. {where}",
        output=str(output), name=model.name, vertices=model.vertex_count, licence=model.licence,
    )  # fmt: skip

"""The deployed city: stacks made from the code, the pynamodb rows and one city file. One process builds one city."""

import os
import sys
from pathlib import Path

# aws_cdk starts `node` when it is imported; the environment's own is the one that it was tried with
os.environ["PATH"] = f"{Path(sys.prefix, 'bin')}{os.pathsep}{os.environ.get('PATH', '')}"

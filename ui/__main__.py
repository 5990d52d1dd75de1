import sys

from ui.cli import main

sys.exit(main(["chat", *sys.argv[1:]]))

"""The typeface of what is drawn on the server: labels, printed lists, watermarks.

Noto Sans SC Regular (SIL Open Font License 1.1), cut to the signs of GBK: every name that an identity card of
those signs can hold.
"""

from pathlib import Path

FACE = Path(__file__).parent / "NotoSansSC-Regular.ttf"

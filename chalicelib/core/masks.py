"""What others see of a person: the surname, and the first and last two characters of the document number (R4.5).

Every mask takes the canonical spelling. The stars are as many for a long value as for a short one, so that a mask
does not tell how long the hidden part is (T-39).
"""

from chalicelib.core.canonical import DocumentType

_REST_OF_NAME = "**"
_REST_OF_PHONE = "******"
_REST_OF_RESIDENT_ID = "*" * 14
_REST_OF_DOCUMENT = "*" * 5

# Surnames of two characters that are still borne, in simplified and traditional characters.
_COMPOUND = """
欧阳 歐陽 太史 端木 上官 司马 司馬 东方 東方 独孤 獨孤 南宫 南宮 万俟 闻人 聞人 夏侯 诸葛 諸葛 尉迟
尉遲 公羊 赫连 赫連 澹台 澹臺 皇甫 宗政 濮阳 濮陽 公冶 太叔 申屠 公孙 公孫 慕容 仲孙 仲孫 钟离 鍾離
长孙 長孫 宇文 司徒 鲜于 鮮于 司空 闾丘 閭丘 子车 子車 亓官 司寇 巫马 巫馬 公西 颛孙 顓孫 壤驷 壤駟
公良 漆雕 乐正 樂正 宰父 谷梁 穀梁 拓跋 拓拔 夹谷 夾谷 轩辕 軒轅 令狐 段干 百里 呼延 东郭 東郭 南门
南門 羊舌 微生 公户 公戶 梁丘 左丘 东门 東門 西门 西門 第五 纳兰 納蘭 完颜 完顏 耶律 叶赫 葉赫 爱新
愛新 贺兰 賀蘭 单于 單于
"""
_COMPOUND_SURNAMES = frozenset(_COMPOUND.split())


def mask_name(name: str) -> str:
    """Return the surname and two stars: `王**`, `欧阳**`; the first letter of Latin names and of names with `·`.

    A name of one letter is one star, since showing it would hide nothing.
    """
    letters = [character for character in name if character.isalpha()]
    if len(letters) == 1:
        return "*"
    if name[:2] in _COMPOUND_SURNAMES and name[2:] and "·" not in name:
        return name[:2] + _REST_OF_NAME
    return letters[0] + _REST_OF_NAME


def shown_surname(name: str) -> str:
    """What a masked name shows of a canonical one: `王`, `欧阳`, the first letter of Latin names; nothing of one letter."""
    return mask_name(name).rstrip("*")


def mask_document(type_: DocumentType, number: str) -> str:
    """Return the first and last two characters of a number, with 14 stars for a resident ID and 5 for the others."""
    rest = _REST_OF_RESIDENT_ID if type_ is DocumentType.RESIDENT_ID else _REST_OF_DOCUMENT
    return number[:2] + rest + number[-2:]


def mask_phone(phone: str) -> str:
    """Return the first three and last two digits of a phone number: `138******78`."""
    return phone[:3] + _REST_OF_PHONE + phone[-2:]


def mask_email(address: str) -> str:
    """Return the first character and the domain of an address: `w***@example.com`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"

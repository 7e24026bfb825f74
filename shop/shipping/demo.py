"""Invented pick-up points for the demo shop; every one says so in its note."""

from datetime import time

from shop.markets.cn import NANNING
from shop.markets.ir import ISFAHAN, TEHRAN
from shop.shipping.pick_up import Hours, Point, PointText

SHANGHAI = "310100"
_DAILY: Hours = ((time(10), time(21)),) * 7
_SIX_DAYS: Hours = (
    *(((time(9), time(20)),) * 3),
    (time(9), time(18)),
    None,
    *(((time(9), time(20)),) * 2),
)
_ALL = ("collect", "try", "after_sales", "pay")
_NOTE = {
    "zh": "演示门店，地址为虚构",
    "fa": "فروشگاه نمونه؛ این نشانی واقعی نیست",
    "en": "A demo store; the address is invented",
}


def demo_pickup_points() -> tuple[Point, ...]:
    """Return points in Nanning, Shanghai, Tehran and Isfahan on made-up streets."""
    return (
        _point(
            "demo-nanning",
            "cn",
            NANNING,
            _DAILY,
            _ALL,
            zh=("安榴体验店（南宁青秀店）", "广西南宁市青秀区榴花路88号1层"),
            fa=(
                "فروشگاه انار، ناننینگ",
                "ناننینگ، منطقهٔ چینگ‌شیو، خیابان لیوهوا، شمارهٔ ۸۸",
            ),
            en=("Anar store, Nanning", "88 Liuhua Road, Qingxiu District, Nanning"),
        ),
        _point(
            "demo-shanghai",
            "cn",
            SHANGHAI,
            _DAILY,
            ("collect", "try"),
            zh=("安榴自提点（上海徐汇店）", "上海市徐汇区石榴苑路16号"),
            fa=(
                "محل تحویل انار، شانگهای",
                "شانگهای، منطقهٔ شوهویی، خیابان شی‌لیویوان، شمارهٔ ۱۶",
            ),
            en=(
                "Anar pick-up, Shanghai",
                "16 Shiliuyuan Road, Xuhui District, Shanghai",
            ),
        ),
        _point(
            "demo-tehran",
            "ir",
            TEHRAN,
            _SIX_DAYS,
            _ALL,
            zh=("安榴体验店（德黑兰）", "德黑兰，纳尔贡街12号"),
            fa=("فروشگاه انار، تهران", "تهران، خیابان نارگون، کوچهٔ دانهٔ اول، پلاک ۱۲"),
            en=("Anar store, Tehran", "12 Dane-ye Avval Alley, Nargun Street, Tehran"),
        ),
        _point(
            "demo-isfahan",
            "ir",
            ISFAHAN,
            _SIX_DAYS,
            ("collect", "after_sales"),
            zh=("安榴自提点（伊斯法罕）", "伊斯法罕，戈尔纳尔街7号"),
            fa=("محل تحویل انار، اصفهان", "اصفهان، خیابان گلنار، پلاک ۷"),
            en=("Anar pick-up, Isfahan", "7 Golnar Street, Isfahan"),
        ),
    )


def _point(
    code: str,
    market: str,
    city: str,
    hours: Hours,
    services: tuple[str, ...],
    **words: tuple[str, str],
) -> Point:
    texts = {
        language: PointText(name, address, _NOTE[language])
        for language, (name, address) in words.items()
    }
    return Point(code, market, city, texts, hours, services)

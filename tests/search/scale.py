"""Measures the index at size: ``python -m tests.search.scale 20000 [DATABASE_URL]``.

Not a test: figures depend on the machine. Prints the cost of indexing, and
the median and the worst milliseconds of typical and of unpleasant queries.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial

from flask import Flask

from shop.db import db, prepare, transaction
from shop.search import service, write
from shop.search.models import rank_of
from shop.search.write import ProductDoc

_ZH = (
    "手机 耳机 键盘 鼠标 水壶 茶具 地毯 围巾 背包 帐篷 牙刷 面膜 电视 冰箱 音箱 手表 "
    "相机 灯"
)
_ZH_KIND = (
    "无线 智能 折叠 便携 静音 防水 儿童 户外 家用 商务 轻薄 复古 手工 加厚 不锈钢"
)
_FA = (
    "گوشی هدفون کیبورد ماوس کتری قوری فرش شال کوله چادر مسواک ماسک تلویزیون یخچال "
    "بلندگو ساعت دوربین چراغ"
)
_FA_KIND = (
    "بی‌سیم هوشمند تاشو قابل‌حمل بی‌صدا ضدآب کودک سفری خانگی اداری سبک سنتی دست‌ساز "
    "ضخیم استیل"
)
_BRANDS = ("Anliu", "Huawei", "Xiaomi", "Lenovo", "Samsung", "Apple", "Sony", "Bosch")
_QUERIES = {
    "rare": "无线 手机 4711",
    "typical zh": "无线手机",
    "typical fa": "گوشی بی‌سیم",
    "every product": "anliu",
    "two common": "智能 anliu",
    "pinyin": "shouji",
    "prefix": "xiaom",
    "spelling": "هوشمنذ",
    "split": "گوشیهوشمند",
    "coverage": "手工茶壶具",
    "nothing": "گلدانسفالیخاص",
}


def docs(first: int, count: int, size: int) -> list[ProductDoc]:
    """Return made-up products; a third of them carry the commonest words."""
    found = []
    for number in range(first, min(first + count, size + 1)):
        dice = random.Random(number)
        noun = dice.randrange(len(_ZH.split()))
        kind = min(dice.randrange(15), dice.randrange(15))
        brand = _BRANDS[min(dice.randrange(8), dice.randrange(8))]
        model = f"{dice.choice('ABCDEFGH')}{dice.randrange(10_000)}"
        found.append(
            ProductDoc(
                number,
                merit=dice.randrange(1_000_000),
                texts=(
                    f"{brand} {_ZH_KIND.split()[kind]}{_ZH.split()[noun]} {model}",
                    f"{_FA.split()[noun]} {_FA_KIND.split()[kind]} {brand} {model}",
                ),
                skus=(f"{brand[:2]}-{number}",),
            )
        )
    return found


def timed(work: Callable[[], object], times: int) -> list[float]:
    """Return the milliseconds of each call, sorted."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        found.append((time.perf_counter() - started) * 1000)
    return sorted(found)


def main(size: int, url: str) -> None:
    """Build the index unless it is there, then measure."""
    app = Flask("scale")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
        db.create_all()
        started = time.perf_counter()
        built = not write.indexed(size - 1, 1)
        for first in range(1, size + 1, 1000) if built else ():
            with transaction():
                write.index_products(docs(first, 1000, size))
        with transaction():
            write.tidy()
        took = time.perf_counter() - started
        print(f"index {size}: {took:.1f} s, {took / size * 1e6:.0f} µs a product")  # noqa: T201
        for name, query in _QUERIES.items():
            found = service.search(query)
            times = timed(partial(service.search, query), 30)
            print(  # noqa: T201
                f"{name:14} {found.stage:9} {found.total:5}{'+' * found.capped:1}"
                f" median {times[15]:7.2f} ms, worst {times[-1]:7.2f} ms"
            )
        cursor = f"{rank_of(0, 300_000):x}"
        times = timed(lambda: service.search("anliu", cursor=cursor), 30)
        print(f"deep page      median {times[15]:.2f} ms")  # noqa: T201
        times = timed(lambda: service.suggest("گوشی هو"), 30)
        print(f"suggest        median {times[15]:.2f} ms")  # noqa: T201
        db.session.remove()


if __name__ == "__main__":
    folder = tempfile.mkdtemp()
    given = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder}/scale.db"
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, given)

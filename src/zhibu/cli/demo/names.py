"""Invented people: names, identity numbers, phones. Identity numbers begin with 990201, a region that is not assigned; phones with 154."""

from __future__ import annotations

from datetime import date
from random import Random

from zhibu.kernel.identity import check_digit

REGION = "990201"

_SURNAMES = (
    "王李张刘陈杨赵黄周吴" * 6
    + "徐孙胡朱高林何郭马罗" * 4
    + "梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕" * 3
    + "苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段" * 2
    + "雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿"
    + "单解仇覃区缪宁柏车褚"
)
_DOUBLE = ("欧阳", "司马", "上官", "诸葛")

# Given names by generation: born before 1956, before 1980, later.
_MALE = (
    (
        "德贵 永福 长河 满仓 有田 水生 铁柱 明亮 保国 建国 援朝 国庆 金山 银海 大勇 传贵 友才 世昌 光荣 忠厚 守义 学文 启明 兴旺 家旺 玉山 根生 长林 春生 福来 连喜 万年 庆丰 秋生 "
        "志高 树林 茂盛 广田 喜平 书田 安民 进财 宝山 来顺 得胜 正清 文斌 修武 克勤 克俭 成林 云章 本立 万和 天佑"
    ).split(),
    (
        "建军 志强 国强 卫东 建平 志平 海涛 立新 文斌 国梁 红星 晓东 永军 卫民 春林 少华 向阳 利民 新华 光明 俊杰 正刚 宏伟 开明 志远 长青 家富 学军 忠诚 爱民 延生 先锋 立志 绍文 "
        "大海 振华 东升 水根 方明 思源 庆华 世平 云飞 志国 立军 晓峰 建设 胜利 广才 同心 继东 维新 民生 常青 成刚 金生 树森 青山"
    ).split(),
    (
        "浩然 子轩 宇航 俊豪 晨曦 志豪 天宇 嘉明 泽宇 博文 家豪 思远 明轩 伟杰 文博 凯文 一鸣 景行 书豪 睿 磊 鑫 帅 超 杰 昊 鹏 飞 阳 亮 涛 斌 波 俊 凯 健 旭 勇 毅 航 晨 逸飞 新宇 "
        "立成 承志 皓 铭 少峰 启航 卓然 星辰 大可 小满 远帆"
    ).split(),
)
_FEMALE = (
    (
        "桂英 秀兰 桂芳 玉梅 玉兰 秀珍 桂香 素云 春花 冬梅 秀英 兰英 凤英 凤兰 桂珍 淑珍 淑英 金莲 银花 翠花 菊花 腊梅 玉珍 素芬 莲香 月英 秋菊 来娣 爱莲 巧云 彩霞 春梅 惠芳 喜凤 "
        "荷花 佩兰 翠英 贵珍 玉英"
    ).split(),
    (
        "小燕 小丽 红梅 春燕 海燕 丽华 丽萍 秀丽 晓红 晓燕 建华 爱华 玉玲 桂玲 艳红 艳丽 秋云 慧敏 淑华 淑芳 彩云 冬云 美玲 金凤 文静 文英 立华 玉洁 少芬 素芳 雪梅 月华 云霞 翠萍 凤琴 "
        "巧玲 志芳 新梅 永红 芳 敏 静 丽 霞 萍 红 燕 玲 梅 娟"
    ).split(),
    (
        "梦瑶 雨欣 欣怡 思琪 佳怡 雅静 诗涵 语桐 子涵 嘉怡 慧琳 晓雯 雪莹 婷婷 文倩 思雨 若兰 一诺 安然 悦 婷 倩 颖 莹 琳 蕾 雪 瑶 洁 慧 晴 璐 丹 晶 茜 书瑶 清雅 佳慧 可欣 小满 "
        "楚楚 晓彤 依然 静怡"
    ).split(),
)
# Names that belong to public figures must not turn up by chance.
_NEVER = frozenset(
    "李强 李希 蔡奇 韩正 毛泽东 毛新宇 周恩来 刘少奇 朱德 陈云 江泽民 胡锦涛 温家宝 李鹏 王毅 何立峰 张军 应勇 王勇 李斌 陈毅 贺龙 吴敏 王杰 马云 刘强东 姚明 李宁 张颖 刘涛 黄晓明 陈凯 "
    "王宁 李静 周涛 康辉 张斌 金星 杨洁 张洁 王俊 陈晨 李娟 朱军 白岩松 李志国".split()
)
ETHNIC = ("回族", "土家族", "苗族", "满族", "彝族", "壮族", "侗族", "瑶族")


def name(rng: Random, gender: str, born: int) -> str:
    """Invent a name that fits gender (男 | 女) and year of birth."""
    era = 0 if born < 1956 else 1 if born < 1980 else 2
    pool = (_MALE if gender == "男" else _FEMALE)[era]
    while True:
        surname = rng.choice(_DOUBLE) if rng.random() < 0.004 else rng.choice(_SURNAMES)
        made = surname + rng.choice(pool)
        if made not in _NEVER and len(set(made)) == len(made):
            return made


class Numbers:
    """Hands out identity numbers and phones, each once."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._taken: set[str] = set()

    def id_no(self, birth: date, gender: str) -> str:
        """Make an unused identity number of the region 990201 for the day of birth and gender (男 | 女)."""
        while True:
            order = self._rng.randrange(1, 999)
            if order % 2 != (gender == "男"):
                order += 1
            first17 = f"{REGION}{birth:%Y%m%d}{order:03d}"
            made = first17 + check_digit(first17)
            if made not in self._taken:
                self._taken.add(made)
                return made

    def phone(self, tail: str = "") -> str:
        """Make an unused phone 154xxxxxxxx, with the last four digits `tail` when given; never 15400…, which the sample tables use."""
        while True:
            middle = f"{self._rng.randrange(100, 10_000):04d}"
            made = f"154{middle}{tail or f'{self._rng.randrange(10_000):04d}'}"
            if made not in self._taken:
                self._taken.add(made)
                return made

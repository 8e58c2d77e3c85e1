"""The organisations of the demo county: units, general branches, branches, their sizes, moves and dissolutions. Members come in folk.py."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from random import Random

from zhibu.cli.demo.plan import COUNTY, LIANGZHAN, LIUSHUWAN, Move, Org, When
from zhibu.kernel.periods import add_months

MEMBERS = 9_836
BRANCH_TYPES = ("branch", "joint_branch", "temporary_branch", "floating_branch")


@dataclass(frozen=True, slots=True)
class Unit:
    """A second-level organisation as it stands in the county picture: branches is the number under it today."""

    key: str
    short: str
    name: str
    type: str
    branches: int
    kind: str  # town | street | system

    @property
    def code(self) -> str:
        """Give the code, such as QH-SQ."""
        return f"{COUNTY}-{self.key}"


def _town(key: str, short: str, branches: int) -> Unit:
    return Unit(key, short, f"中共青禾县{short}委员会", "party_committee", branches, "town")


def _street(key: str, short: str, branches: int) -> Unit:
    return Unit(key, short, f"中共青禾县{short}工作委员会", "work_committee", branches, "street")


UNITS = (
    _town("CG", "城关镇", 46), _town("SQ", "石桥镇", 28), _town("LH", "柳河镇", 31), _town("SX", "双溪镇", 24), _town("BT", "白塔镇", 22),
    _town("XJ", "新集镇", 26), _town("DW", "东湾乡", 17), _town("YD", "杨店乡", 15), _town("SL", "松岭乡", 12), _town("NP", "南坡镇", 19),
    _town("GP", "高坪乡", 11), _street("SH", "沙河街道", 33), _street("TY", "桃园街道", 29),
    Unit("JG", "县直机关", "中共青禾县直属机关工作委员会", "work_committee", 38, "system"),
    Unit("JY", "教育系统", "中共青禾县教育工作委员会", "work_committee", 27, "system"),
    Unit("WJ", "卫健系统", "中共青禾县卫生健康系统委员会", "party_committee", 16, "system"),
    Unit("GZ", "国资系统", "中共青禾县国有资产系统委员会", "party_committee", 9, "system"),
    Unit("LX", "两新组织", "中共青禾县非公有制经济组织和社会组织综合委员会", "comprehensive_committee", 19, "system"),
)  # fmt: skip


@dataclass(slots=True)
class Seed:
    """A branch (or general branch) before it becomes an Org. size: members today; low and high: how far the size may be trimmed."""

    name: str
    domain: str
    type: str = "branch"
    village: bool = False
    low: int = 8
    high: int = 30
    size: int = 0
    hosts: tuple[str, ...] = ()
    label: str = ""  # the village, community or unit by itself, for places and addresses
    trim: bool = True
    children: list[Seed] = field(default_factory=list)
    code: str = ""
    founded: When | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch as the later steps need it. unit: key of the unit it was born in; size: members today (0 when dissolved)."""

    org: Org
    unit: str
    label: str
    size: int


@dataclass(slots=True)
class World:
    """Organisations and what happened to them."""

    orgs: list[Org]
    moves: list[Move]
    branches: list[Branch]
    merged: dict[str, str]  # dissolved branch -> branch that took its members


_FIRST = (
    "张家 李家 王家 陈家 杨家 周家 吴家 徐家 孙家 胡家 朱家 高家 何家 郭家 马家 罗家 梁家 宋家 郑家 谢家 韩家 唐家 冯家 董家 萧家 程家 曹家 袁家 邓家 许家 傅家 沈家 曾家 彭家 卢家 蒋家 蔡家 "
    "贾家 魏家 薛家 叶家 余家 潘家 杜家 戴家 夏家 钟家 汪家 田家 姜家 范家 方家 谭家 廖家 邹家 熊家 陆家 石磨 青石 红枫 白杨 桃花 大槐 双井 月牙 古井 梨花 杏花 竹园 松林 芦苇 荷叶 青藤 雁鸣 "
    "燕子 鹿角 马鞍 牛角 凤尾 银杏 枣林 板栗 油茶 棠梨 金桂 水车 碾盘 瓦窑 砖窑 茶亭 凉亭 渡口 磨盘 老鹰 云雾 清泉 甘泉 石门 木桥 长岭 响水 回龙 卧牛 落雁 新桥 前进 丰收 永和 同兴 太和"
).split()
_LAST = "湾 庄 沟 岗 店 畈 塘 坝 寨 集 垅 冲 坳 坪 岭 院 屋 铺".split()
_COMMUNITY = (
    "朝晖 春晖 秋实 文昌 书院 钟楼 鼓楼 东门 西门 南门 北门 新华里 和平里 育才 滨河 河东 河西 河堤 广场 车站 站前 站后 花园 锦绣 翠屏 兰亭 荷塘 荷花池 桂花园 梧桐 银杏苑 紫荆 丁香 玉兰 松鹤 金穗 麦香 稻香 "
    "禾苗 青石板 老街 新街 横街 仓前 学府 书香 康宁 安居 幸福里 和谐 团结 友谊 光明 曙光 东升 向阳 晨光 星河 月华 云锦 彩虹 长虹 拱桥 石拱 南苑 北苑 东苑 西苑 中心 富民 兴隆 永安"
).split()
_FIRM = "青穗 禾源 绿禾 丰穗 青润 瑞禾 禾田 青岚 禾韵 青谷 穗丰 禾兴 青木 禾光 青澜 禾润 禾实 青原 禾洋 青畴 禾苑".split()
_TRADE = (
    "粮油有限公司 生态农业有限公司 食品有限公司 茶业有限公司 竹木制品有限公司 服饰有限公司 物流有限公司 商贸有限公司 机械有限公司 建材有限公司 包装有限公司 电子有限公司 纺织有限公司 饲料有限公司 物业服务有限公司"
).split()
_BUREAUS = (
    "县委办公室 县委组织部 县委宣传部 县委统战部 县委政法委 县委编办 县人大机关 县政府办公室 县政协机关 县发展和改革局 县科技和工业信息化局 县民政局 县司法局 县财政局 县人力资源和社会保障局 县自然资源局 县住房和城乡建设局 "
    "县交通运输局 县水利局 县商务局 县文化和旅游局 县退役军人事务局 县应急管理局 县审计局 县市场监督管理局 县统计局 县医疗保障局 县林业局 县信访局"
).split()
_SCHOOLS = (
    "第二中学 第三中学 第四中学 实验中学 实验小学 第一小学 第二小学 第三小学 育英小学 朝阳小学 滨河小学 机关幼儿园 第二幼儿园 特殊教育学校 教师进修学校 教研室 招生考试中心 青少年活动中心 学生资助中心"
).split()
_HEALTH = "疾病预防控制中心 妇幼保健院 卫生监督所 急救中心 血库管理站 皮肤病防治所 口腔门诊部 卫生健康局机关".split()
_SOE = "自来水公司 公交公司 粮食储备公司 种子公司 印刷厂 宾馆".split()
_SOCIAL = "律师行业 注册会计行业 个体工商户 民办教育协会 餐饮行业商会 养老服务机构".split()


def make(rng: Random, today: date) -> World:
    """Lay out the county: 18 units, 422 branches in being today, some general branches and committees, two dissolved branches, one moved."""
    villages = [a + b for a in _FIRST for b in _LAST]
    rng.shuffle(villages)
    pools = _Pools(villages, list(_COMMUNITY), [a + b for a in _FIRM for b in _TRADE])
    rng.shuffle(pools.firms)
    trees = {unit.key: _branches_of(rng, unit, pools) for unit in UNITS}
    for unit in UNITS:
        _number(unit, trees[unit.key])
    moved = _by_name(trees["TY"], "桃园街道商务楼宇联合党支部")
    _special_sizes(trees)
    _sizes(rng, trees)

    orgs: list[Org] = [_county(today)]
    branches: list[Branch] = []
    moves: list[Move] = []
    for order, unit in enumerate(UNITS, start=1):
        orgs.append(_unit_org(rng, unit, order))
        for place, seed in enumerate(trees[unit.key], start=1):
            _add(rng, unit, unit.code, place, seed, orgs, branches, today)
    moved_on = add_months(today.replace(day=1), -9)
    moves.append(Move(moved.code, moved_on, "QH-TY", "QH-LX", f"青组发〔{moved_on.year}〕21号", "楼宇企业党组织统一归口两新综合党委"))
    place = next(i for i, item in enumerate(branches) if item.org.code == moved.code)
    orgs.remove(branches[place].org)  # to the end: parents stand before children
    branches[place] = replace(branches[place], org=replace(branches[place].org, parent="QH-LX", order=99))
    orgs.append(branches[place].org)
    merged = _dissolved(rng, today, orgs, branches)
    return World(orgs, moves, branches, merged)


@dataclass(slots=True)
class _Pools:
    villages: list[str]
    communities: list[str]
    firms: list[str]


def _branches_of(rng: Random, unit: Unit, pools: _Pools) -> list[Seed]:
    if unit.kind == "system":
        return {"JG": _agencies, "JY": _schools, "WJ": _health, "GZ": _state_firms, "LX": _new_orgs}[unit.key](rng, pools)
    return _township(rng, unit, pools)


def _township(rng: Random, unit: Unit, pools: _Pools) -> list[Seed]:
    s, found = unit.short, []
    if unit.key == "SQ":
        found += [
            Seed("石桥镇柳树湾村党支部", "rural", village=True, size=31, trim=False, label="柳树湾村"),
            Seed("石桥粮站联合党支部", "soe", "joint_branch", size=9, trim=False, hosts=("石桥粮站", "石桥供销社"), label="石桥粮站"),
        ]
    found.append(Seed(f"{s}机关党支部", "agency", low=18, high=32, label=f"{s}政府"))
    found.append(Seed(f"{s}退休干部党支部", "retirees", low=14, high=36, label=f"{s}老干部活动室"))
    if unit.kind == "town":
        found.append(Seed(f"{s}中心学校党支部", "public_institution", low=14, high=30, label=f"{s}中心学校"))
        found.append(Seed(f"{s}卫生院党支部", "public_institution", low=8, high=18, label=f"{s}卫生院"))
    if unit.branches >= 15 and unit.key != "SQ":
        hosts = tuple(f"{s}{x}" for x in ("农业技术推广站", "农机管理站", "畜牧兽医站", "水利管理站", "林业工作站"))
        count = 5 if unit.key == "NP" else rng.randint(2, 4)
        found.append(
            Seed(
                f"{s}农技服务联合党支部",
                "public_institution",
                "joint_branch",
                low=6,
                high=14,
                hosts=hosts[:count],
                label=f"{s}农业服务中心",
            )
        )
    if unit.branches >= 17:
        firm = pools.firms.pop()
        found.append(Seed(f"{s}{firm}党支部", "private_enterprise", low=4, high=11, label=firm))
        found.append(Seed(f"{s}果蔬专业合作社党支部", "social_organization", low=5, high=12, label=f"{s}果蔬专业合作社"))
    if unit.key in ("XJ", "DW"):
        found.append(Seed(f"{s}外出务工流动党员党支部", "rural", "floating_branch", low=10, high=18, label=f"{s}党群服务中心"))
    if unit.key == "LH":
        found.append(
            Seed(
                "柳河镇堤防加固工程临时党支部", "public_institution", "temporary_branch", size=6, trim=False, label="柳河堤防加固工程项目部"
            )
        )
    if unit.key == "TY":
        hosts = tuple(pools.firms.pop() for _ in range(4))
        found.append(
            Seed("桃园街道商务楼宇联合党支部", "private_enterprise", "joint_branch", size=12, trim=False, hosts=hosts, label="桃园商务楼")
        )
    if unit.kind == "street":
        for _ in range(3):
            firm = pools.firms.pop()
            found.append(Seed(f"{s}{firm}党支部", "private_enterprise", low=4, high=12, label=firm))
        found.append(
            Seed(
                f"{s}商户联合党支部",
                "private_enterprise",
                "joint_branch",
                low=6,
                high=12,
                hosts=(f"{s}农贸市场", f"{s}便民超市", f"{s}建材市场"),
                label=f"{s}农贸市场",
            )
        )
    left = unit.branches + (unit.key == "TY") - len(found)
    generals = {"CG": 2, "SH": 3, "TY": 2, "XJ": 1, "LH": 1}.get(unit.key, 0)
    towns = {"CG": 16, "SH": 22, "TY": 18}.get(unit.key, 2 if unit.branches > 20 else 1)
    for _ in range(generals):
        community = unit.key in ("CG", "SH", "TY")
        label = pools.communities.pop(0) + "社区" if community else pools.villages.pop() + "村"
        parts = ("东片", "西片", "南片") if community else ("上片", "下片")
        left -= len(parts)
        towns -= len(parts) if community else 0
        domain = "community" if community else "rural"
        kids = [Seed(f"{s}{label}{part}党支部", domain, village=True, low=20, high=38, label=label) for part in parts]
        found.append(Seed(f"{s}{label}党总支", domain, "general_branch", village=True, children=kids, label=label))
    for n in range(left):
        if n < towns:
            label = pools.communities.pop(0) + "社区"
            found.append(Seed(f"{s}{label}党支部", "community", village=True, low=16, high=44, label=label))
        else:
            label = pools.villages.pop() + "村"
            found.append(Seed(f"{s}{label}党支部", "rural", village=True, low=17, high=46, label=label))
    return found


def _agencies(rng: Random, pools: _Pools) -> list[Seed]:
    found = [Seed(f"青禾{x}党支部", "agency", low=8, high=32, label=f"青禾{x}") for x in _BUREAUS]
    for bureau, parts in (
        ("县农业农村局", ("机关", "农技中心", "退休干部")),
        ("县教育局", ("机关", "退休干部", "后勤中心")),
        ("县融媒体中心", ("采编", "技术")),
    ):
        kids = [
            Seed(f"青禾{bureau}{p}党支部", "retirees" if p == "退休干部" else "agency", low=19, high=30, label=f"青禾{bureau}")
            for p in parts
        ]
        if bureau == "县融媒体中心":
            kids = [replace(k, domain="public_institution", low=25) for k in kids]
        found.append(
            Seed(
                f"青禾{bureau}党总支",
                "public_institution" if len(kids) == 2 else "agency",
                "general_branch",
                children=kids,
                label=f"青禾{bureau}",
            )
        )
    found.append(Seed("青禾县离休干部党支部", "retirees", low=10, high=20, label="青禾县老干部活动中心"))
    return found


def _schools(rng: Random, pools: _Pools) -> list[Seed]:
    first = [
        Seed(f"青禾县第一中学{p}党支部", "public_institution", low=18, high=30, label="青禾县第一中学")
        for p in ("高一年级", "高二年级", "高三年级", "行政后勤")
    ]
    college = [
        Seed(f"青禾县职业技术学院{p}党支部", "university", low=26, high=42, label="青禾县职业技术学院")
        for p in ("农林系", "机电系", "机关教工", "学生")
    ]
    found = [
        Seed("青禾县第一中学党总支", "public_institution", "general_branch", children=first, label="青禾县第一中学"),
        Seed("中共青禾县职业技术学院委员会", "university", "party_committee", children=college, label="青禾县职业技术学院"),
    ]
    return found + [Seed(f"青禾县{x}党支部", "public_institution", low=9, high=30, label=f"青禾县{x}") for x in _SCHOOLS]


def _health(rng: Random, pools: _Pools) -> list[Seed]:
    hospital = [
        Seed(f"青禾县人民医院{p}党支部", "public_institution", low=22, high=36, label="青禾县人民医院")
        for p in ("内科", "外科", "门诊", "护理", "行政后勤")
    ]
    chinese = [
        Seed(f"青禾县中医院{p}党支部", "public_institution", low=18, high=26, label="青禾县中医院") for p in ("临床", "医技", "行政")
    ]
    found = [
        Seed("中共青禾县人民医院委员会", "public_institution", "party_committee", children=hospital, label="青禾县人民医院"),
        Seed("青禾县中医院党总支", "public_institution", "general_branch", children=chinese, label="青禾县中医院"),
    ]
    return found + [Seed(f"青禾县{x}党支部", "public_institution", low=8, high=22, label=f"青禾县{x}") for x in _HEALTH]


def _state_firms(rng: Random, pools: _Pools) -> list[Seed]:
    group = [
        Seed(f"青禾县城乡建设投资公司{p}党支部", "soe", low=18, high=28, label="青禾县城乡建设投资公司") for p in ("机关", "工程", "物业")
    ]
    found = [Seed("青禾县城乡建设投资公司党总支", "soe", "general_branch", children=group, label="青禾县城乡建设投资公司")]
    return found + [Seed(f"青禾县{x}党支部", "soe", low=9, high=26, label=f"青禾县{x}") for x in _SOE]


def _new_orgs(rng: Random, pools: _Pools) -> list[Seed]:
    found = []
    for n in range(10):
        firm = "青禾" + pools.firms.pop()
        found.append(Seed(f"{firm}党支部", "private_enterprise", low=4, high=14, label=firm))
        if n == 9:
            found[-1] = replace(found[-1], size=3, trim=False)
    for n, name in enumerate(_SOCIAL):
        found.append(Seed(f"青禾县{name}党支部", "social_organization", low=5, high=14, label=f"青禾县{name}"))
        if n == 2:
            hosts = ("青禾县个体私营经济协会", "青禾县小餐饮服务站", "青禾县便民维修服务站")
            found[-1] = replace(found[-1], name="青禾县个体工商户联合党支部", type="joint_branch", hosts=hosts)
    for name in ("工业园区企业", "快递物流行业"):
        hosts = tuple("青禾" + pools.firms.pop() for _ in range(3))
        found.append(
            Seed(
                f"青禾县{name}联合党支部",
                "private_enterprise",
                "joint_branch",
                low=11,
                high=18,
                hosts=hosts,
                label=f"青禾县{name}党群服务中心",
            )
        )
    return found


def _number(unit: Unit, seeds: list[Seed]) -> None:
    branch = general = committee = 0
    for seed in seeds:
        if seed.children:
            if seed.type == "party_committee":
                committee += 1
                seed.code = f"{unit.code}-W{committee:02d}"
            else:
                general += 1
                seed.code = f"{unit.code}-Z{general:02d}"
        for leaf in seed.children or [seed]:
            branch += 1
            leaf.code = f"{unit.code}-{branch:03d}"


def _leaves(seeds: list[Seed]) -> list[Seed]:
    return [leaf for seed in seeds for leaf in (seed.children or [seed])]


def _by_name(seeds: list[Seed], name: str) -> Seed:
    return next(leaf for leaf in _leaves(seeds) if leaf.name == name)


def _special_sizes(trees: dict[str, list[Seed]]) -> None:
    big = next(s for s in _leaves(trees["CG"]) if s.domain == "community" and "片" not in s.name)
    big.size, big.trim = 58, False


def _sizes(rng: Random, trees: dict[str, list[Seed]]) -> None:
    leaves = [leaf for seeds in trees.values() for leaf in _leaves(seeds)]
    for leaf in leaves:
        if leaf.trim:
            leaf.size = rng.randint(leaf.low, leaf.high)
    open_ = [leaf for leaf in leaves if leaf.trim]
    while (gap := MEMBERS - sum(leaf.size for leaf in leaves)) != 0:
        step = 1 if gap > 0 else -1
        fit = [leaf for leaf in open_ if leaf.low < leaf.size + step < leaf.high]
        if not fit:
            raise AssertionError(f"the branches cannot hold {MEMBERS} members, {gap} left")
        for leaf in rng.sample(fit, min(abs(gap), len(fit))):
            leaf.size += step


def _county(today: date) -> Org:
    return Org("QH", "中共青禾县委员会", "青禾县", "party_committee", "agency", None, 1, When(date(1949, 1, 1), "year"), "", None,
               host_units=("青禾县",), address="青禾县城关镇禾城大道1号", phone="15477770001")  # fmt: skip


def _unit_org(rng: Random, unit: Unit, order: int) -> Org:
    year = rng.randint(1956, 1962) if unit.kind == "town" else rng.randint(1986, 2012)
    domain = {"town": "rural", "street": "community"}.get(unit.kind) or {"JG": "agency", "JY": "public_institution", "WJ": "public_institution",
              "GZ": "soe", "LX": "private_enterprise"}[unit.key]  # fmt: skip
    host = {"town": f"{unit.short}人民政府", "street": f"{unit.short}办事处"}.get(unit.kind, f"青禾县{unit.short}")
    founded = When(date(year, 1, 1), "year") if year < 1980 else When(date(year, rng.randint(1, 12), 1), "month")
    return Org(unit.code, unit.name, unit.short, unit.type, domain, COUNTY, order, founded, f"青委发〔{year}〕{rng.randint(3, 40)}号" if year >= 1980 else "",
               COUNTY, host_units=(host,), address=f"青禾县{unit.short}" if unit.kind != "system" else "青禾县城关镇禾城大道1号",
               phone=f"1547777{order:04d}" if order > 1 else "15477770099")  # fmt: skip


def _add(rng: Random, unit: Unit, parent: str, order: int, seed: Seed, orgs: list[Org], branches: list[Branch], today: date) -> None:
    founded = _founded(rng, seed, today)
    year = founded.value.year
    org = Org(
        code=seed.code,
        name=seed.name,
        short=_short(unit, seed.name),
        type=seed.type,
        domain=seed.domain,
        parent=parent,
        order=order,
        founded=founded,
        founded_doc=f"{_prefix(unit)}〔{year}〕{rng.randint(2, 60)}号" if year >= 1980 else "",
        approved_by=parent if not parent.count("-Z") else unit.code,
        village_or_community=seed.village,
        host_units=seed.hosts or ((seed.label,) if seed.label else ()),
        address=f"青禾县{unit.short}{seed.label}"
        if unit.kind != "system" and unit.short not in seed.label
        else f"青禾县{seed.label.removeprefix('青禾县')}",
        theme_day=None
        if seed.children
        else 20
        if seed.code in (LIUSHUWAN, LIANGZHAN)
        else rng.choice((18, 20, 22, 25) if unit.key == "DW" else (5, 8, 10, 12, 15, 18, 20, 22, 25)),
        place="" if seed.children else _place(seed),
    )
    orgs.append(org)
    if seed.children:
        for n, child in enumerate(seed.children, start=1):
            _add(rng, unit, seed.code, n, child, orgs, branches, today)
    else:
        branches.append(Branch(org, unit.key, seed.label, seed.size))


def _founded(rng: Random, seed: Seed, today: date) -> When:
    if seed.code == LIUSHUWAN:
        return When(date(1958, 1, 1), "year")
    if seed.code == LIANGZHAN:
        return When(date(2009, 6, 1), "month")
    if seed.type == "temporary_branch":
        return When(add_months(today, -7).replace(day=12))
    if seed.type == "floating_branch" and "东湾" in seed.name:
        return When(add_months(today, -11).replace(day=6))
    if seed.name == "青禾县快递物流行业联合党支部":
        return When(add_months(today, -14).replace(day=18))
    if seed.children:
        return When(date(rng.randint(1985, today.year - 8), rng.randint(1, 12), 1), "month")
    if seed.domain in ("private_enterprise", "social_organization", "community") or seed.type != "branch":
        return When(date(rng.randint(1998, today.year - 4), rng.randint(1, 12), rng.randint(1, 28)))
    if seed.domain == "rural" and not seed.children:
        return When(date(rng.randint(1952, 1965), 1, 1), "year")
    return When(date(rng.randint(1972, 2010), rng.randint(1, 12), 1), "month")


def _prefix(unit: Unit) -> str:
    return {"JG": "青直工发", "JY": "青教工发", "WJ": "青卫党发", "GZ": "青国资党发", "LX": "青两新发"}.get(
        unit.key
    ) or f"{unit.short[0]}党发"


def _short(unit: Unit, name: str) -> str:
    short = name.removeprefix("中共").removeprefix("青禾县" if name.startswith(("青禾县", "中共青禾县")) else unit.short)
    return short if len(short) > 4 else name


def _place(seed: Seed) -> str:
    if seed.village:
        return f"{seed.label[-1]}党群服务中心会议室" if seed.label.endswith("村") else "社区党群服务中心会议室"
    return {
        "agency": "三楼会议室", "public_institution": "党员活动室", "soe": "公司会议室", "private_enterprise": "公司党员活动室",
        "social_organization": "党群活动室", "university": "教学楼党员活动室", "retirees": "老干部活动室", "rural": "镇党群服务中心会议室",
    }.get(seed.domain, "党员活动室")  # fmt: skip


def _dissolved(rng: Random, today: date, orgs: list[Org], branches: list[Branch]) -> dict[str, str]:
    """Add two dissolved branches: a village merged into its neighbour, a firm that closed and whose members went to a joint branch."""
    keep_village = max((b for b in branches if b.unit == "GP" and b.org.domain == "rural"), key=lambda b: b.size)
    keep_joint = next(b for b in branches if b.org.name == "青禾县工业园区企业联合党支部")
    village_day = add_months(today, -10).replace(day=16)
    firm_day = add_months(today, -5).replace(day=9)
    village = Org("QH-GP-012", "高坪乡小石门村党支部", "小石门村党支部", "branch", "rural", "QH-GP", 98, When(date(1961, 1, 1), "year"), "", "QH-GP",
                  True, ("小石门村",), "青禾县高坪乡小石门村", theme_day=15, place="村党群服务中心会议室", dissolved_on=village_day,
                  dissolve_reason=f"行政村合并，党员并入{keep_village.org.name}", dissolve_doc=f"高党发〔{village_day.year}〕15号")  # fmt: skip
    firm = Org("QH-LX-019", "青禾老街酱园有限公司党支部", "老街酱园有限公司党支部", "branch", "private_enterprise", "QH-LX", 98, When(date(2011, 5, 20)),
               "青两新发〔2011〕8号", "QH-LX", False, ("青禾老街酱园有限公司",), "青禾县城关镇老街12号", theme_day=10, place="公司党员活动室", dissolved_on=firm_day,
               dissolve_reason=f"企业停业，党员转入{keep_joint.org.name}", dissolve_doc=f"青两新发〔{firm_day.year}〕11号")  # fmt: skip
    for org, unit in ((village, "GP"), (firm, "LX")):
        orgs.append(org)
        branches.append(Branch(org, unit, org.host_units[0], 0))
    return {village.code: keep_village.org.code, firm.code: keep_joint.org.code}

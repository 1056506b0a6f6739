// Every word of the page in both languages, and which of them is spoken.

const STORED = 'orderguard.language';

export const WORDS = {
  // The frame
  product: { zh: '订单健康度实时预警', en: 'Live order health' },
  skip: { zh: '跳到预警列表', en: 'Skip to the alerts' },
  sign_out: { zh: '退出登录', en: 'Sign out' },
  live: { zh: '实时', en: 'Live' },
  connecting: { zh: '正在连接…', en: 'Connecting…' },
  lost: { zh: '连接已断开，正在重连…', en: 'Connection lost, reconnecting…' },
  stale: { zh: '数据已 {n} 秒未更新', en: 'Data {n} s old' },
  clock: { zh: '截至 {time}（北京时间）', en: 'As of {time} (UTC+8)' },

  // The state
  'state.quiet': { zh: '平稳', en: 'Quiet' },
  'state.attention': { zh: '需要关注', en: 'Needs attention' },
  'state.attack': { zh: '正遭受攻击', en: 'Under attack' },
  'state.unknown': { zh: '正在读取', en: 'Reading' },
  'why.quiet': {
    zh: '最近 {n} 分钟没有中危及以上的预警',
    en: 'No alert of medium or higher severity in the last {n} minutes',
  },
  'why.alerts': {
    zh: '最近 {n} 分钟未结案的预警：{list}',
    en: 'Open alerts of the last {n} minutes: {list}',
  },
  'why.one': { zh: '{severity} {n} 条', en: '{n} {severity}' },
  'why.join': { zh: '，', en: ', ' },

  // The figures
  orders: { zh: '订单总数', en: 'Orders in all' },
  'orders.note': { zh: '{n} 个事件', en: '{n} events' },
  rate: { zh: '每分钟订单', en: 'Orders / min' },
  'rate.note': { zh: '近一小时 {n} 单', en: '{n} last hour' },
  flagged: { zh: '风险订单', en: 'Orders at risk' },
  'flagged.note': { zh: '占全部订单 {share}', en: '{share} of all' },
  held: { zh: '拦截发货', en: 'Orders held' },
  'held.note': { zh: '含拟拦截', en: 'or would be' },
  own: { zh: '本系统延迟：事件到预警', en: 'Our latency, event to alert' },
  'own.note': { zh: '中位数；99% 在 {p99}内', en: 'median; 99 % within {p99}' },
  'own.none': { zh: '近一分钟没有预警', en: 'no alert in the last minute' },
  source: { zh: '渠道侧延迟：发生到送达', en: 'Age at source, on arrival' },
  'source.none': { zh: '还没有收到事件', en: 'no event yet' },
  'source.note': { zh: '中位数', en: 'median' },
  'source.worst': { zh: '中位数；最慢：{shop}', en: 'median; slowest: {shop}' },
  none: { zh: '—', en: '—' },

  // The chart
  'chart.title': { zh: '每分钟订单（近一小时）', en: 'Orders per minute, last hour' },
  'chart.all': { zh: '全部店铺', en: 'All shops' },
  'chart.legend': { zh: '顶部色块：高危、严重预警', en: 'Marks on top: high and critical alerts' },
  'chart.minute': { zh: '{time}　{orders}', en: '{time} · {orders}' },
  'chart.minute.now': { zh: '{time}　{orders}（未满一分钟）', en: '{time} · {orders} so far' },
  'chart.marks': { zh: '{n} 条高危以上预警', en: 'high or critical alerts: {n}' },
  'chart.label': {
    zh: '{name}：近一小时每分钟订单数，最高 {max}，近一小时共 {n} 单',
    en: '{name}: orders per minute for the last hour, at most {max}, {n} in all',
  },
  'chart.more': { zh: '其余 {n} 家店铺见表格', en: 'Further shops, in the table: {n}' },
  'table.show': { zh: '以表格查看', en: 'Show as a table' },
  'table.minute': { zh: '分钟', en: 'Minute' },
  'shops.title': { zh: '渠道与店铺', en: 'Channels and shops' },
  'shops.shop': { zh: '渠道 / 店铺', en: 'Channel / shop' },
  'shops.hour': { zh: '近一小时', en: 'Last hour' },
  'shops.orders': { zh: '订单总数', en: 'In all' },
  'shops.last': { zh: '最近事件', en: 'Last event' },
  'shops.lag': { zh: '渠道侧延迟', en: 'Age at source' },
  'shops.none': { zh: '还没有收到任何店铺的订单', en: 'No shop has told of an order yet' },
  ago: { zh: '{time}前', en: '{time} ago' },
  now: { zh: '刚刚', en: 'just now' },
  'server.ack': {
    zh: '应答 webhook：中位数 {p50}，99% 在 {p99}内',
    en: 'Webhooks answered in {p50} (median), 99 % within {p99}',
  },
  'server.queue': { zh: '待写入日志 {n} 条', en: '{n} entries wait for the log' },
  'server.saved': { zh: '{time}前存盘', en: 'saved {time} ago' },

  // The alerts
  'alerts.title': { zh: '实时预警', en: 'Live alerts' },
  'alerts.count': { zh: '显示最近 {n} 条', en: 'the newest {n}' },
  'alerts.none': { zh: '还没有预警', en: 'No alert yet' },
  'alerts.none.note': {
    zh: '订单一旦命中规则，预警会立即出现在这里。',
    en: 'An alert appears here the moment an order meets a rule.',
  },
  'alerts.none.filtered': { zh: '没有符合筛选条件的预警', en: 'No alert of this severity' },
  'alerts.more': { zh: '显示更多（{n}）', en: 'Show more ({n})' },
  'alerts.new': { zh: '{n} 条新预警，点击显示', en: 'Show new alerts ({n})' },
  'filter.label': { zh: '按严重度筛选', en: 'Filter by severity' },
  'filter.info': { zh: '全部', en: 'All' },
  'filter.medium': { zh: '中危及以上', en: 'Medium and up' },
  'filter.high': { zh: '高危及以上', en: 'High and up' },
  'filter.critical': { zh: '仅严重', en: 'Critical' },
  order_count: { zh: '{n} 单', en: '{n} orders' },
  order_count_one: { zh: '1 单', en: '1 order' },
  score: { zh: '风险分 {n}', en: 'score {n}' },
  normal: { zh: '正常 {value}', en: 'normal {value}' },
  more_rules: { zh: '另命中 {n} 条规则', en: 'further rules: {n}' },
  'said.state': { zh: '状态变为：{state}', en: 'State: {state}' },
  'said.alerts': {
    zh: '新增 {n} 条高危以上预警，最新：{title}',
    en: 'New high or critical alerts: {n}, the newest: {title}',
  },

  // One alert, one order
  back: { zh: '返回', en: 'Back' },
  close: { zh: '关闭', en: 'Close' },
  loading: { zh: '正在读取…', en: 'Reading…' },
  'alert.gone': { zh: '没有这条预警', en: 'There is no such alert' },
  'alert.subject': { zh: '预警对象', en: 'Subject' },
  'alert.token': { zh: '{key}（脱敏标记）', en: '{key} (token)' },
  'alert.shop': { zh: '渠道 / 店铺', en: 'Channel / shop' },
  'alert.occurred': { zh: '发生', en: 'Occurred' },
  'alert.detected': { zh: '发现', en: 'Detected' },
  'alert.updated': { zh: '最近变化', en: 'Last changed' },
  'alert.after': { zh: '（{time}后）', en: '({time} later)' },
  'alert.score': { zh: '风险分', en: 'Score' },
  'alert.playbook': { zh: '预案', en: 'Playbook' },
  'alert.id': { zh: '预警编号', en: 'Alert id' },
  'alert.hits': { zh: '命中记录（{n}）', en: 'Hits ({n})' },
  'alert.orders': { zh: '涉及订单（{n}）', en: 'Orders ({n})' },
  'alert.orders.more': { zh: '显示其余 {n} 单', en: 'Show {n} more' },
  'alert.orders.none': { zh: '不涉及具体订单', en: 'It concerns no single order' },
  'evidence.name': { zh: '特征', en: 'Feature' },
  'evidence.value': { zh: '实际值', en: 'Observed' },
  'evidence.normal': { zh: '正常值', en: 'Normal' },
  'order.title': { zh: '订单 {id}', en: 'Order {id}' },
  'order.gone': { zh: '没有这笔订单', en: 'There is no such order' },
  'order.status': { zh: '订单状态', en: 'Status' },
  'order.risk': { zh: '风险等级', en: 'Risk' },
  'order.health': { zh: '健康问题', en: 'Health' },
  'order.held': { zh: '拦截', en: 'Hold' },
  'order.held.yes': { zh: '已要求拦截（含拟拦截）', en: 'asked for, or would be' },
  'order.held.no': { zh: '无', en: 'none' },
  'order.clean': { zh: '无', en: 'none' },
  'order.alerts': { zh: '相关预警与处置（{n}）', en: 'Alerts, and what is done or would be ({n})' },
  'order.contradicts': { zh: '时间顺序不可能', en: 'cannot have happened in this order' },
  'witness.channel': { zh: '渠道', en: 'channel' },
  'witness.warehouse': { zh: '仓库', en: 'warehouse' },
  'witness.carrier': { zh: '快递', en: 'carrier' },
  'witness.finance': { zh: '财务', en: 'finance' },
  'witness.buyer': { zh: '买家', en: 'buyer' },
  'event.deadline.passed': { zh: '已过期限', en: 'deadline passed' },
  'event.deadline.pending': { zh: '将到期限', en: 'deadline to come' },
  'event.alert.opened': { zh: '产生预警', en: 'alert' },
  'event.alert.ended': { zh: '预警解除', en: 'alert over' },
  'event.lock.stands': { zh: '锁定库存', en: 'stock locked' },
  'event.lock.ended': { zh: '锁定结束', en: 'lock ended' },
  'order.timeline': { zh: '时间线', en: 'Timeline' },
  'order.late': { zh: '{time}后收到', en: 'received {time} later' },
  'order.due': { zh: '到期 {time}', en: 'due {time}' },
  failed: { zh: '读取失败，请稍后重试。', en: 'It could not be read. Try again in a moment.' },

  // Signing in
  'sign_in.title': { zh: '登录', en: 'Sign in' },
  'sign_in.link': {
    zh: '最简单的方式：打开服务器启动时打印的一次性登录链接。',
    en: 'The simplest way: open the one-time link that the server prints when it starts.',
  },
  'sign_in.or': {
    zh: '或使用姓名和密码登录。账号由管理员用以下命令创建：',
    en: 'Or sign in with a name and a password. An administrator adds people with',
  },
  'sign_in.name': { zh: '姓名', en: 'Name' },
  'sign_in.password': { zh: '密码', en: 'Password' },
  'sign_in.submit': { zh: '登录', en: 'Sign in' },
  'sign_in.wrong': { zh: '姓名或密码不正确。', en: 'The name or the password is wrong.' },
  'sign_in.wait': {
    zh: '尝试次数过多，请过一会儿再试。',
    en: 'Too many guesses. Wait a moment and try again.',
  },
  'sign_in.failed': {
    zh: '暂时无法登录，请稍后再试。',
    en: 'Signing in does not work just now. Try again in a moment.',
  },
  'sign_in.api': { zh: '接口说明', en: 'API description' },

  // Words of the domain
  'severity.info': { zh: '提示', en: 'Info' },
  'severity.low': { zh: '低危', en: 'Low' },
  'severity.medium': { zh: '中危', en: 'Medium' },
  'severity.high': { zh: '高危', en: 'High' },
  'severity.critical': { zh: '严重', en: 'Critical' },
  'kind.risk': { zh: '风险', en: 'risk' },
  'kind.health': { zh: '健康', en: 'health' },
  'subject.order': { zh: '订单', en: 'order' },
  'subject.buyer': { zh: '买家', en: 'buyer' },
  'subject.payer': { zh: '付款账号', en: 'payer' },
  'subject.device': { zh: '设备', en: 'device' },
  'subject.segment': { zh: '网段', en: 'segment' },
  'subject.client': { zh: '客户端', en: 'client' },
  'subject.phone': { zh: '手机号', en: 'phone' },
  'subject.phone_segment': { zh: '号段', en: 'phone segment' },
  'subject.doorstep': { zh: '收货地点', en: 'doorstep' },
  'subject.district': { zh: '区县', en: 'district' },
  'subject.product': { zh: '商品', en: 'product' },
  'subject.sku': { zh: 'SKU', en: 'SKU' },
  'subject.price': { zh: '单价', en: 'price' },
  'subject.amount': { zh: '订单金额', en: 'amount' },
  'subject.shop': { zh: '店铺', en: 'shop' },
  'status.pending_payment': { zh: '待付款', en: 'pending payment' },
  'status.paid': { zh: '已付款', en: 'paid' },
  'status.fulfilling': { zh: '备货中', en: 'fulfilling' },
  'status.shipped': { zh: '已发货', en: 'shipped' },
  'status.delivered': { zh: '已签收', en: 'delivered' },
  'status.completed': { zh: '已完成', en: 'completed' },
  'status.cancelled': { zh: '已取消', en: 'cancelled' },
  'status.closed': { zh: '已关闭', en: 'closed' },
  'status.unknown': { zh: '未知', en: 'unknown' },
  'playbook.low': { zh: '请买家确认', en: 'Ask the buyer' },
  'playbook.medium': { zh: '二次验证身份', en: 'Second identity check' },
  'playbook.high': { zh: '拦截发货并召集风控会议', en: 'Hold and meet' },
  'playbook.critical': { zh: '阻断攻击', en: 'Stop the attack' },
  'playbook.refetch': { zh: '向渠道重新拉取', en: 'Ask the channel again' },
  'playbook.repush': { zh: '补推发货单', en: 'Push the picking request again' },
  'playbook.release_lock': { zh: '释放锁定的库存', en: 'Release the lock' },
  'playbook.split_oversold': { zh: '拦下超卖的订单', en: 'Hold what cannot be sent' },
  'playbook.fix_mapping': { zh: '修正商品映射', en: 'Fix the mapping' },
  'playbook.ask_warehouse': { zh: '询问仓库', en: 'Ask the warehouse' },
  'playbook.ask_service': { zh: '请客服处理', en: 'Ask customer service' },
  'playbook.ask_finance': { zh: '请财务核对', en: 'Ask finance' },
  'action.refetch_order': { zh: '重新拉取订单', en: 'ask for the order again' },
  'action.request_shipment': { zh: '补推发货单', en: 'push the picking request' },
  'action.withdraw_request': { zh: '撤回补推的发货单', en: 'withdraw the picking request' },
  'action.remove_remark': { zh: '撤销订单备注', en: 'take the remark back' },
  'action.challenge': { zh: '弹出滑块验证', en: 'challenge at the storefront' },
  'action.hold_shipment': { zh: '拦截发货', en: 'hold the shipment' },
  'action.intercept_parcel': { zh: '截回在途包裹', en: 'intercept the parcel' },
  'action.open_case': { zh: '转人工审核', en: 'open a case' },
  'action.meeting': { zh: '召集风控会议', en: 'call the risk meeting' },
  'action.notify': { zh: '提醒处理人', en: 'remind who is in charge' },
  'action.sms': { zh: '短信请买家确认', en: 'ask the buyer by SMS' },
  'action.lock_stock': { zh: '锁定库存', en: 'lock the stock' },
  'action.unlock_stock': { zh: '释放库存', en: 'unlock the stock' },
  'action.reserve_stock': { zh: '转为预留库存', en: 'reserve the stock' },
  'action.remark_order': { zh: '在订单上备注', en: 'mark the order' },
  'step.done': { zh: '已执行', en: 'done' },
  'step.due': { zh: '待执行', en: 'due' },
  'step.waiting': { zh: '未到时间', en: 'waiting' },
  'step.skipped': { zh: '无需执行', en: 'skipped' },
  'step.would_do': { zh: '拟执行', en: 'would do' },
  'event.order.created': { zh: '下单', en: 'order placed' },
  'event.order.paid': { zh: '付款', en: 'order paid' },
  'event.order.updated': { zh: '订单更新', en: 'order updated' },
  'event.order.cancelled': { zh: '订单取消', en: 'order cancelled' },
  'event.order.closed': { zh: '订单关闭', en: 'order closed' },
  'event.order.completed': { zh: '订单完成', en: 'order completed' },
  'event.shipment.requested': { zh: '下发发货指令', en: 'shipment requested' },
  'event.shipment.accepted': { zh: '仓库接单', en: 'shipment accepted' },
  'event.shipment.picked': { zh: '拣货完成', en: 'picked' },
  'event.shipment.shipped': { zh: '发货', en: 'shipped' },
  'event.shipment.in_transit': { zh: '运输中', en: 'in transit' },
  'event.shipment.delivered': { zh: '签收', en: 'delivered' },
  'event.shipment.held': { zh: '发货被拦截', en: 'shipment held' },
  'event.shipment.released': { zh: '发货放行', en: 'shipment released' },
  'event.refund.requested': { zh: '申请退款', en: 'refund requested' },
  'event.refund.approved': { zh: '同意退款', en: 'refund approved' },
  'event.refund.rejected': { zh: '拒绝退款', en: 'refund rejected' },
  'event.refund.succeeded': { zh: '退款到账', en: 'refunded' },
  'event.return.received': { zh: '收到退货', en: 'return received' },
  'event.dispute.opened': { zh: '发起争议', en: 'dispute opened' },
  'event.complaint.opened': { zh: '投诉', en: 'complaint opened' },
  'event.enquiry.opened': { zh: '咨询', en: 'enquiry opened' },
  'event.settlement.recorded': { zh: '结算入账', en: 'settlement recorded' },
  'value.yes': { zh: '是', en: 'yes' },
  'value.no': { zh: '否', en: 'no' },
  'value.unknown': { zh: '未知', en: 'unknown' },
  'value.many': { zh: '很多', en: 'many' },
  'value.or_more': { zh: '{n} 及以上', en: '{n} or more' },
  'unit.ms': { zh: '{n} 毫秒', en: '{n} ms' },
  'unit.s': { zh: '{n} 秒', en: '{n} s' },
  'unit.min': { zh: '{n} 分钟', en: '{n} min' },
  'unit.h': { zh: '{n} 小时', en: '{n} h' },
  'unit.d': { zh: '{n} 天', en: '{n} d' },
};

export const LANGUAGES = ['zh', 'en'];

let spoken = chosen();

// The address says it, or what was chosen here before, or else the browser's languages.
function chosen() {
  const asked = new URLSearchParams(location.search).get('lang');
  if (LANGUAGES.includes(asked)) return asked;
  const kept = stored();
  if (LANGUAGES.includes(kept)) return kept;
  const first = (navigator.languages ?? [navigator.language ?? ''])
    .map((name) => name.slice(0, 2).toLowerCase())
    .find((name) => LANGUAGES.includes(name));
  return first ?? 'en';
}

function stored() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null; // A browser may forbid it; the address still says which.
  }
}

export function language() {
  return spoken;
}

// Speak another language, and remember it here and in the address.
export function speak(name) {
  spoken = name;
  try {
    localStorage.setItem(STORED, name);
  } catch {
    // As above.
  }
  const address = new URL(location.href);
  address.searchParams.set('lang', name);
  history.replaceState(history.state, '', address);
}

// The word in the spoken language, with {gaps} filled; the key itself where there is none.
export function word(key, gaps = {}) {
  const text = WORDS[key]?.[spoken];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(gaps[name] ?? ''));
}

// A word of the domain, or the name as it is where a newer server says one that we do not know.
export function named(family, name) {
  return `${family}.${name}` in WORDS ? word(`${family}.${name}`) : String(name);
}

// Put every marked text of the document into the spoken language.
export function translate(root = document) {
  document.documentElement.lang = spoken === 'zh' ? 'zh-CN' : 'en';
  for (const element of root.querySelectorAll('[data-word]')) {
    element.textContent = word(element.dataset.word);
  }
  for (const element of root.querySelectorAll('[data-word-label]')) {
    element.setAttribute('aria-label', word(element.dataset.wordLabel));
  }
  for (const button of root.querySelectorAll('[data-language]')) {
    button.setAttribute('aria-pressed', String(button.dataset.language === spoken));
  }
}

// Let the buttons of the switch speak, and call back after.
export function listenToSwitch(spoke) {
  for (const button of document.querySelectorAll('[data-language]')) {
    button.addEventListener('click', () => {
      speak(button.dataset.language);
      translate();
      spoke();
    });
  }
}

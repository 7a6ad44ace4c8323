import { defineWords } from '../../../language/language'

/** Words about the place of an office. */
export const t = defineWords({
  zh: {
    place: '报送地点',
    place_hint: '可不附。只附{unit}所在地点，用来在地图上标出；不需要网络，附一次以后自动带上。请在办公地点附，不要附个人位置。',
    attach: '附上现在的位置',
    asking: '正在定位，可能要一分钟…',
    attached: '已附 {lon}, {lat}（±{m} 米）',
    measured: '{ago}测得，以后的报告都带上',
    coarse: '误差较大，到室外重新定位会更准',
    renew: '重新定位',
    remove: '去掉',
    in_review: '附报送地点 {lon}, {lat}（±{m} 米）',
    fail_impossible: '这个页面不能定位：需要 HTTPS，或换一个浏览器。不影响报送。',
    fail_denied: '浏览器没有允许定位。可在浏览器的网站设置里允许后再试；不影响报送。',
    fail_unavailable: '现在定不了位，请打开手机定位、到室外再试；不影响报送。',
    fail_timeout: '一分钟内没有定上位，请到室外再试；不影响报送。',
    fail_outside: '测得的位置不在中国境内，没有附上；不影响报送。',
  },
  en: {
    place: 'Place of the office',
    place_hint: 'Optional. Only where {unit} is, to mark it on the map; needs no network, and later reports carry it by themselves. Attach it at the office, not where a person is.',
    attach: 'Attach this place',
    asking: 'Finding the place; it may take a minute…',
    attached: 'Attached: {lon}, {lat} (±{m} m)',
    measured: 'Measured {ago}; later reports carry it too',
    coarse: 'Not very exact; measuring again outdoors helps',
    renew: 'Measure again',
    remove: 'Remove',
    in_review: 'With the office’s place {lon}, {lat} (±{m} m)',
    fail_impossible: 'This page cannot ask for a place: it needs HTTPS, or another browser. Reports go on without it.',
    fail_denied: 'The browser did not allow it. Allow it in the site’s settings and try again; reports go on without it.',
    fail_unavailable: 'No place could be found. Switch the device’s location on, go outdoors and try again; reports go on without it.',
    fail_timeout: 'No place was found within a minute. Go outdoors and try again; reports go on without it.',
    fail_outside: 'The place that was found is not in China and was not attached; reports go on without it.',
  },
})

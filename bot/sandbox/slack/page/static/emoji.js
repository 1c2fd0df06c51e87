// The short names that people and apps use most; an unknown one stays as it was typed, as in Slack.

const TABLE = `
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|ok_hand 👌|wave 👋|clap 👏|raised_hands 🙌|pray 🙏|muscle 💪|point_right 👉|point_left 👈
point_up 👆|point_down 👇|eyes 👀|brain 🧠|bust_in_silhouette 👤|busts_in_silhouette 👥|technologist 🧑‍💻|robot_face 🤖
smile 😄|smiley 😃|grinning 😀|grin 😁|joy 😂|sweat_smile 😅|laughing 😆|wink 😉|blush 😊|slightly_smiling_face 🙂|thinking_face 🤔
neutral_face 😐|expressionless 😑|confused 😕|disappointed 😞|cry 😢|sob 😭|scream 😱|sunglasses 😎|nerd_face 🤓|sleeping 😴
heart ❤️|blue_heart 💙|green_heart 💚|yellow_heart 💛|purple_heart 💜|broken_heart 💔|sparkles ✨|star ⭐|star2 🌟|fire 🔥|boom 💥|100 💯|zap ⚡
tada 🎉|confetti_ball 🎊|trophy 🏆|dart 🎯|gift 🎁|rocket 🚀|airplane ✈️|ship 🚢|car 🚗|construction 🚧|rotating_light 🚨
white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|negative_squared_cross_mark ❎|warning ⚠️|no_entry ⛔|no_entry_sign 🚫
question ❓|grey_question ❔|exclamation ❗|grey_exclamation ❕|bangbang ‼️|information_source ℹ️|heavy_plus_sign ➕|heavy_minus_sign ➖
red_circle 🔴|large_orange_circle 🟠|large_yellow_circle 🟡|large_green_circle 🟢|large_blue_circle 🔵|large_purple_circle 🟣
white_circle ⚪|black_circle ⚫|radio_button 🔘|small_blue_diamond 🔹|small_orange_diamond 🔸|large_blue_diamond 🔷
arrow_right ➡️|arrow_left ⬅️|arrow_up ⬆️|arrow_down ⬇️|arrow_forward ▶️|repeat 🔁|arrows_counterclockwise 🔄|back 🔙|soon 🔜
hourglass ⌛|hourglass_flowing_sand ⏳|stopwatch ⏱️|alarm_clock ⏰|clock1 🕐|calendar 📆|date 📅|spiral_calendar_pad 🗓️
double_vertical_bar ⏸️|black_square_for_stop ⏹️|stop_button ⏹️|pause_button ⏸️|fast_forward ⏩
chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|bar_chart 📊|clipboard 📋|memo 📝|pencil ✏️|pencil2 ✏️|page_facing_up 📄|scroll 📜
books 📚|book 📖|bookmark 🔖|label 🏷️|file_folder 📁|open_file_folder 📂|card_index_dividers 🗂️|package 📦|inbox_tray 📥|outbox_tray 📤
mag 🔍|mag_right 🔎|lock 🔒|unlock 🔓|key 🔑|hammer 🔨|wrench 🔧|hammer_and_wrench 🛠️|gear ⚙️|link 🔗|paperclip 📎|pushpin 📌|round_pushpin 📍
bulb 💡|battery 🔋|electric_plug 🔌|computer 💻|desktop_computer 🖥️|keyboard ⌨️|floppy_disk 💾|satellite 🛰️|test_tube 🧪|microscope 🔬|dna 🧬
bell 🔔|no_bell 🔕|speech_balloon 💬|thought_balloon 💭|mega 📣|loudspeaker 📢|email 📧|envelope ✉️|phone ☎️|telephone_receiver 📞
cloud ☁️|sunny ☀️|rainbow 🌈|snowflake ❄️|earth_africa 🌍|seedling 🌱|evergreen_tree 🌲|bug 🐛|snake 🐍|whale 🐳|penguin 🐧|cat 🐱|dog 🐶|unicorn_face 🦄
coffee ☕|beer 🍺|pizza 🍕|cake 🍰|cookie 🍪|apple 🍎|moneybag 💰|money_with_wings 💸|ticket 🎫|wastebasket 🗑️|bricks 🧱|sos 🆘|new 🆕|ok 🆗
`;

const BY_NAME = new Map(
  TABLE.trim()
    .split(/[|\n]/)
    .map((row) => row.split(" ")),
);

/** The sign of a short name, or undefined. */
export const emoji = (name) => BY_NAME.get(name.replace(/::skin-tone-\d$/, ""));

/** Short names in a text replaced by their signs. */
export const withEmoji = (text) => text.replace(/:([a-z0-9_+'-]+(?:::skin-tone-\d)?):/g, (all, name) => emoji(name) ?? all);

// Opens the payment inside WeChat, by the bridge its browser has. Anywhere else nothing happens.
const box = document.querySelector("[data-bridge]"), button = box.querySelector("button");
const open = () => {
  button.hidden = false;                         // to open it again after closing it
  WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(box.dataset.bridge), said => {
    if (said.err_msg === "get_brand_wcpay_request:ok") location.assign(box.dataset.doneUrl);
  });
};
button.addEventListener("click", open);
if (window.WeixinJSBridge) open();
else document.addEventListener("WeixinJSBridgeReady", open, { once: true });

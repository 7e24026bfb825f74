document.getElementById("form-back").submit();

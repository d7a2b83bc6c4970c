(function(){[[side]]})();
